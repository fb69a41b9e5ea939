;; Masks bytes in place (RFC 6455 section 5.3), from address 64 on: 64 bytes a turn, as four vectors
;; are as fast as any number more. Up to 63 bytes after the end are masked as well. The result is 0
;; when all that was asked for is ASCII now.
(module
  ;; One page, 64 KiB. The first 64 bytes stay 0.
  (memory (export "memory") 1)
  (func (export "mask")
    (param $length i32) ;; how many bytes, at least 1
    (param $key i32) ;; the four key octets, the first one lowest
    (result i32)
    (local $at i32)
    (local $keys v128)
    (local $seen v128)
    (local $a v128)
    (local $b v128)
    (local $c v128)
    (local $d v128)
    (local.set $keys (i32x4.splat (local.get $key)))
    (loop $next
      ;; What the last turn masked. The very last turn does not count: it may go beyond the end.
      (local.set $seen
        (v128.or (local.get $seen)
          (v128.or
            (v128.or (local.get $a) (local.get $b))
            (v128.or (local.get $c) (local.get $d)))))
      (v128.store offset=64 (local.get $at)
        (local.tee $a (v128.xor (v128.load offset=64 (local.get $at)) (local.get $keys))))
      (v128.store offset=80 (local.get $at)
        (local.tee $b (v128.xor (v128.load offset=80 (local.get $at)) (local.get $keys))))
      (v128.store offset=96 (local.get $at)
        (local.tee $c (v128.xor (v128.load offset=96 (local.get $at)) (local.get $keys))))
      (v128.store offset=112 (local.get $at)
        (local.tee $d (v128.xor (v128.load offset=112 (local.get $at)) (local.get $keys))))
      (br_if $next
        (i32.lt_u
          (local.tee $at (i32.add (local.get $at) (i32.const 64)))
          (local.get $length))))
    ;; The last 64 bytes that count. Before a shorter payload there are zeros.
    (i8x16.bitmask
      (v128.or (local.get $seen)
        (v128.or
          (v128.or (v128.load (local.get $length)) (v128.load offset=16 (local.get $length)))
          (v128.or
            (v128.load offset=32 (local.get $length))
            (v128.load offset=48 (local.get $length))))))))
