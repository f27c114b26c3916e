/* gcc's -fsanitize-coverage=trace-pc calls this at every branch of C code (see `cc` beside this file); libFuzzer reads
   the counters, since they stand in the section that it offers for that (`__libfuzzer_extra_counters`). */

#include <stdint.h>

#define COUNTERS (1 << 16)

__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[COUNTERS];

/* The linker is told to put this in the place of libFuzzer's own function of that name, which only says that it does not
   count in this way any more. */
__attribute__((no_sanitize_coverage)) __attribute__((no_sanitize("address"))) void __wrap___sanitizer_cov_trace_pc(void);
void __wrap___sanitizer_cov_trace_pc(void) {
    uintptr_t place = (uintptr_t)__builtin_return_address(0);
    counters[(place ^ place >> 16) % COUNTERS]++;
}
