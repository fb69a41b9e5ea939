;; Masks bytes of the memory in place (RFC 6455 section 5.3): 64 bytes a turn, as four vectors are as
;; fast as any number more, and what is left by single ones. The result is 0 if all of the bytes are
;; ASCII now.
(module
  ;; One page, 64 KiB.
  (memory (export "memory") 1)
  (func (export "mask")
    (param $at i32) ;; address of the first byte
    (param $end i32) ;; address after the last byte
    (param $key i32) ;; the four key octets, the first one lowest
    (result i32)
    (local $keys v128)
    (local $part v128)
    (local $seen v128)
    (local $a v128)
    (local $b v128)
    (local $c v128)
    (local $d v128)
    (local.set $keys (i32x4.splat (local.get $key)))
    (block $short
      (br_if $short (i32.gt_u (i32.add (local.get $at) (i32.const 64)) (local.get $end)))
      (loop $next
        (v128.store (local.get $at)
          (local.tee $a (v128.xor (v128.load (local.get $at)) (local.get $keys))))
        (v128.store offset=16 (local.get $at)
          (local.tee $b (v128.xor (v128.load offset=16 (local.get $at)) (local.get $keys))))
        (v128.store offset=32 (local.get $at)
          (local.tee $c (v128.xor (v128.load offset=32 (local.get $at)) (local.get $keys))))
        (v128.store offset=48 (local.get $at)
          (local.tee $d (v128.xor (v128.load offset=48 (local.get $at)) (local.get $keys))))
        (local.set $seen
          (v128.or (local.get $seen)
            (v128.or
              (v128.or (local.get $a) (local.get $b))
              (v128.or (local.get $c) (local.get $d)))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br_if $next
          (i32.le_u (i32.add (local.get $at) (i32.const 64)) (local.get $end)))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        ;; The lanes before the end. Bytes after it stay as they are.
        (local.set $part
          (i8x16.lt_u
            (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
            (i8x16.splat
              (select
                (i32.sub (local.get $end) (local.get $at))
                (i32.const 16)
                (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 16))))))
        (v128.store (local.get $at)
          (local.tee $a
            (v128.xor
              (v128.load (local.get $at))
              (v128.and (local.get $keys) (local.get $part)))))
        (local.set $seen
          (v128.or (local.get $seen) (v128.and (local.get $a) (local.get $part))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (i8x16.bitmask (local.get $seen))))
