/* Tracing: which topics are on, and one line for each event. */
#include "base/trace.h"

#include <ctype.h>
#include <stdarg.h>

#include "base/log.h"

#define LINE_SIZE 4096

#define TOPIC(topic, name, help) {name, help},
static const struct {
    const char *name, *help;
} topics[] = {MM_TRACE_TOPICS(TOPIC)};

unsigned mm_trace_on;

static void print_topics(void)
{
    fputs("MMAR_TRACE is a list of these, separated by commas, or \"all\":\n", stderr);
    for (size_t i = 0; i < MM_TRACE_BITS; i++)
        fprintf(stderr, "  %-8s %s\n", topics[i].name, topics[i].help);
}

/* The bits of one word, 0 when it is no topic. */
static unsigned bits_of(const char *word, size_t length)
{
    if (length == 3 && memcmp(word, "all", 3) == 0)
        return (1u << MM_TRACE_BITS) - 1;
    for (size_t i = 0; i < MM_TRACE_BITS; i++)
        if (strlen(topics[i].name) == length && memcmp(topics[i].name, word, length) == 0)
            return 1u << i;
    return 0;
}

int mm_trace_init(void)
{
    const char *words = getenv("MMAR_TRACE");
    unsigned bits = 0;
    for (size_t length; words && *words; words += length + (words[length] == ',')) {
        length = strcspn(words, ",");
        unsigned found = bits_of(words, length);
        if (!found && length) {
            if (length != 4 || memcmp(words, "help", 4) != 0)
                fprintf(stderr, "MMAR_TRACE: unknown topic \"%.*s\"\n", (int)length, words);
            print_topics();
            return 1;
        }
        bits |= found;
    }
    mm_trace_on = bits;
    return 0;
}

void mm_trace_line(const char *topic, const char *format, ...)
{
    char name[16], text[LINE_SIZE];
    size_t i = 0;
    for (; topic[i] && i + 1 < sizeof name; i++)
        name[i] = (char)tolower((unsigned char)topic[i]);
    name[i] = '\0';
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    mm_warn("trace %s: %s", name, text);
}
