#!/bin/sh
# RUSTC_WORKSPACE_WRAPPER of `make fuzz-parsers`: our own crates tell libFuzzer what they reached.
# These are LLVM's passes, which the stable compiler has; cargo-fuzz asks for the same.
case " $* " in
    *" --crate-name "*)
        exec "$@" --cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 \
            -Cllvm-args=-sanitizer-coverage-level=4 \
            -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
            -Cllvm-args=-sanitizer-coverage-pc-table \
            -Cllvm-args=-sanitizer-coverage-trace-compares
        ;;
    *) exec "$@" ;;
esac
