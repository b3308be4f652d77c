/* Tracing by topic: MMAR_TRACE=cache,plan; MMAR_TRACE=help lists the topics. Costs one test when off. */
#ifndef MM_BASE_TRACE_H
#define MM_BASE_TRACE_H

#define MM_TRACE_TOPICS(X)                                                                                           \
    X(CACHE, "cache", "entries, rotation, waits")                                                                    \
    X(CONFIG, "config", "variables and their origin")                                                                \
    X(FILE, "file", "files opened and written")                                                                      \
    X(KERNEL, "kernel", "which backend runs which op, and why not")                                                  \
    X(PLAN, "plan", "layouts, reorders, memory")                                                                     \
    X(TRAIN, "train", "steps and gradients")

#define MM_TRACE_BIT(topic, name, help) MM_TRACE_BIT_##topic,
enum { MM_TRACE_TOPICS(MM_TRACE_BIT) MM_TRACE_BITS };
#undef MM_TRACE_BIT

extern unsigned mm_trace_on; /* bit per topic; set once by mm_trace_init */

/* Reads MMAR_TRACE; returns non-zero when it was "help" or unknown (the topics have then been printed). */
int mm_trace_init(void);
void mm_trace_line(const char *topic, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define MM_TRACE(topic, ...)                                                                                         \
    do {                                                                                                             \
        if (mm_trace_on & 1u << MM_TRACE_BIT_##topic)                                                                \
            mm_trace_line(#topic, __VA_ARGS__);                                                                      \
    } while (0)

#endif
