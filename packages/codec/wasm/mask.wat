;; Masks the first bytes of the memory in place (RFC 6455 section 5.3), 64 bytes a turn: up to 63
;; bytes after the end are masked as well. Four vectors a turn are as fast as any number more.
(module
  ;; One page, 64 KiB.
  (memory (export "memory") 1)
  (func (export "mask")
    (param $end i32) ;; how many bytes, at least 1
    (param $key i32) ;; the four key octets as they stand in memory
    (local $at i32)
    (local $keys v128)
    (local.set $keys (i32x4.splat (local.get $key)))
    (loop $next
      (v128.store (local.get $at)
        (v128.xor (v128.load (local.get $at)) (local.get $keys)))
      (v128.store offset=16 (local.get $at)
        (v128.xor (v128.load offset=16 (local.get $at)) (local.get $keys)))
      (v128.store offset=32 (local.get $at)
        (v128.xor (v128.load offset=32 (local.get $at)) (local.get $keys)))
      (v128.store offset=48 (local.get $at)
        (v128.xor (v128.load offset=48 (local.get $at)) (local.get $keys)))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))))
