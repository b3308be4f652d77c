/* Forms that give away a place of one machine, a person or a patient. Each is strict enough that ordinary prose, code and version
 * numbers are none; docs/guide/sharing.md states them. */
#include <ctype.h>
#include <strings.h>

#include "mmar/archive/privacy_internal.h"

struct text {
    const unsigned char *bytes;
    size_t size;
};

/* Byte `i`, 0 beyond the ends. */
static unsigned char get(const struct text *t, size_t i)
{
    return i < t->size ? t->bytes[i] : 0;
}

static bool is_among(const char *const *names, size_t count, const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == length && !memcmp(names[i], bytes, length))
            return true;
    return false;
}

static size_t name_length(const struct text *t, size_t at)
{
    size_t n = 0;
    while (isalnum(get(t, at + n)) || (get(t, at + n) && strchr("_.-", get(t, at + n))) || get(t, at + n) >= 0x80)
        n++;
    return n;
}

/* Behind a quote that opens, a blank, a bracket: where a path may begin and the rest of one ("$DIR"/x) cannot. */
static bool opens(const struct text *t, size_t at)
{
    unsigned char before = at ? t->bytes[at - 1] : ' ', earlier = at > 1 ? t->bytes[at - 2] : ' ';
    if (strchr("\"'`", before))
        return isspace(earlier) || strchr("=:([{,", earlier);
    return isspace(before) || strchr("=:([{,;|>", before) || !before;
}

/* /home/x and the like; not /usr/bin/env, which every machine has, nor /path/to/x, which none has. */
static size_t absolute_at(const struct text *t, size_t at)
{
    static const char *const everywhere[] = {"bin",     "boot", "dev",  "etc",  "lib",  "lib32",  "lib64",
                                             "libexec", "opt",  "proc", "run",  "sbin", "sys",    "tmp",
                                             "usr",     "var",  "path", "your", "some", "example"};
    bool file_url =
        at >= 3 && !memcmp(t->bytes + at - 3, "://", 3) && at >= 7 && !memcmp(t->bytes + at - 7, "file", 4);
    if (get(t, at) != '/' || !isalpha(get(t, at + 1)) || !(opens(t, at) || file_url))
        return 0;
    size_t first = name_length(t, at + 1), second = at + 1 + first;
    if (get(t, second) != '/' || !isalnum(get(t, second + 1)) ||
        is_among(everywhere, sizeof everywhere / sizeof *everywhere, t->bytes + at + 1, first))
        return 0;
    size_t end = second;
    while (get(t, end) == '/' && name_length(t, end + 1))
        end += 1 + name_length(t, end + 1);
    return end - at;
}

/* C:\x, C:/x, \\server\share */
static size_t windows_at(const struct text *t, size_t at)
{
    size_t n = 0;
    if (isalpha(get(t, at)) && get(t, at + 1) == ':' && (get(t, at + 2) == '\\' || get(t, at + 2) == '/') &&
        isalnum(get(t, at + 3)) && (!at || (!isalnum(t->bytes[at - 1]) && t->bytes[at - 1] != '_')))
        n = 3 + name_length(t, at + 3);
    else if (get(t, at) == '\\' && get(t, at + 1) == '\\' && (!at || t->bytes[at - 1] != '\\') &&
             name_length(t, at + 2) > 1) {
        size_t share = at + 2 + name_length(t, at + 2);
        if (get(t, share) == '\\' && isalnum(get(t, share + 1)))
            n = share + 1 + name_length(t, share + 1) - at;
    }
    return n;
}

static bool is_mail_byte(unsigned char c)
{
    return isalnum(c) || (c && strchr("._%+-", c));
}

/* name@domain.tld. The domains that RFC 2606 keeps for examples are nobody's, and git@host is no person. */
static size_t mail_at(const struct text *t, size_t at)
{
    static const char *const nobodys[] = {"example.com", "example.org", "example.net"};
    size_t local = 0, end;
    if (!isalnum(get(t, at)) || (at && is_mail_byte(t->bytes[at - 1])))
        return 0;
    while (is_mail_byte(get(t, at + local)))
        local++;
    if (get(t, at + local) != '@' || (local == 3 && !memcmp(t->bytes + at, "git", 3)))
        return 0;
    const size_t domain = at + local + 1;
    for (end = domain;
         isalnum(get(t, end)) || get(t, end) == '-' || (get(t, end) == '.' && isalnum(get(t, end + 1)));)
        end++;
    size_t last = 0;
    while (last < end - domain && isalpha(t->bytes[end - 1 - last]))
        last++;
    if (last < 2 || last == end - domain || t->bytes[end - 1 - last] != '.' ||
        is_among(nobodys, sizeof nobodys / sizeof *nobodys, t->bytes + domain, end - domain))
        return 0;
    return end - at;
}

/* Six numbers with dots or more. 1.2.840.10008 is DICOM's own: what is registered there is of no patient. */
static size_t uid_at(const struct text *t, size_t at)
{
    static const char standard[] = "1.2.840.10008.";
    size_t end = at, parts = 1;
    if (get(t, at) < '0' || get(t, at) > '2' || get(t, at + 1) != '.' ||
        (at && (isalnum(t->bytes[at - 1]) || t->bytes[at - 1] == '.')))
        return 0;
    while (isdigit(get(t, end)) || (get(t, end) == '.' && isdigit(get(t, end + 1))))
        parts += t->bytes[end++] == '.';
    if (parts < 6 || end - at < 14 || isalpha(get(t, end)) ||
        (end - at > sizeof standard && !memcmp(t->bytes + at, standard, sizeof standard - 1)))
        return 0;
    return end - at;
}

/* A value behind a tag's name: "PatientID": "x", Patient's Name = x. */
static bool has_value(const struct text *t, size_t at)
{
    while (get(t, at) && strchr("\"' ", get(t, at)))
        at++;
    if (get(t, at) != ':' && get(t, at) != '=')
        return false;
    at++;
    while (get(t, at) && strchr("\"' [{", get(t, at)))
        at++;
    return isalnum(get(t, at)) &&
           strncasecmp((const char *)t->bytes + at, "null", t->size - at < 4 ? t->size - at : 4);
}

/* Length of the name at `at` in letters of any case, with "_", "-", "'" and blanks between them. */
static size_t spelled(const struct text *t, size_t at, const char *name)
{
    size_t i = at;
    for (; *name; i++) {
        if (tolower(get(t, i)) == *name)
            name++;
        else if (i == at || !get(t, i) || !strchr("_-' ", get(t, i)))
            return 0;
    }
    return isalnum(get(t, i)) ? 0 : i - at;
}

/* Tags that tell who, by name with a value or by number (group 0010: the patient). PS3.6 of the DICOM standard. */
static size_t tag_at(const struct text *t, size_t at)
{
    static const char *const names[] = {"patientname",       "patientsname",           "patientid",
                                        "patientbirthdate",  "patientsbirthdate",      "patientaddress",
                                        "otherpatientids",   "otherpatientnames",      "accessionnumber",
                                        "institutionname",   "referringphysicianname", "studyinstanceuid",
                                        "seriesinstanceuid", "sopinstanceuid",         "medicalrecordlocator"};
    const unsigned char *c = t->bytes + at;
    if (at && isalnum(t->bytes[at - 1]))
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = tolower(*c) == *names[i] ? spelled(t, at, names[i]) : 0;
        if (n && has_value(t, at + n))
            return n;
    }
    bool four = t->size - at >= 9 && !memcmp(c, "0010", 4);
    size_t second = four && c[4] == ',' ? 5 : 4;
    for (size_t i = 0; four && i < 4; i++)
        four = isxdigit(c[second + i]) != 0;
    if (!four || isalnum(get(t, at + second + 4)))
        return 0;
    /* (0010,0020), or "00100020" as DICOM's JSON writes it. */
    return second == 5 || (get(t, at + 8) == '"' && at && t->bytes[at - 1] == '"') ? second + 4 : 0;
}

size_t mm_privacy_form_at(const unsigned char *text, size_t size, size_t at, enum mm_privacy_form *form)
{
    const struct text t = {text, size};
    size_t n;
    if ((n = absolute_at(&t, at)) || (n = windows_at(&t, at)))
        *form = MM_PRIVACY_ABSOLUTE;
    else if ((n = mail_at(&t, at)))
        *form = MM_PRIVACY_MAIL;
    else if ((n = uid_at(&t, at)))
        *form = MM_PRIVACY_UID;
    else if ((n = tag_at(&t, at)))
        *form = MM_PRIVACY_TAG;
    return n;
}
