/* Local paths and cases: what is found, and what is no finding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "mmar/archive/privacy.h"
#include "mmar/archive/privacy_words.h"
#include "tests/mmar/archive/mmar_folder.h"

static struct mm_error err;

static void datalists_stay_wherever_they_are(void **state)
{
    struct scratch *scratch = *state;
    const struct {
        const char *name, *text;
        bool stays;
    } cases[] = {
        {"config/a.json", "{\"training\": [{\"image\": \"x\"}]}", true},
        {"docs/b.json", "{\"test\": [\"x.nii.gz\"]}", true},
        {"resources/c.json", "{\"validation\": [{\"fold\": 0, \"image\": [\"x\", \"y\"]}]}", true},
        {"config/d.json", "{\"training\": {\"epochs\": 3}}", false},
        {"config/e.json", "{\"training\": []}", false},
        {"resources/f.json", "this is no JSON", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL;
        bool stays = false;
        put(scratch, "m", cases[i].name, cases[i].text);
        assert_int_equal(
            mm_privacy_json(&scratch->arena, scratch_path(scratch, "m"), cases[i].name, &text, &stays, &err), MM_OK);
        assert_int_equal(stays, cases[i].stays);
        assert_null(text);
    }
}

static void environments_become_templates(void **state)
{
    struct scratch *scratch = *state;
    char *text = NULL;
    bool stays;
    put(scratch, "m", "config/environment.json",
        "{\"A\": \"/data\", \"B\": \"C:\\\\data\", \"C\": \"~/data\", \"D\": \"../data\", \"E\": [\"/x/y\", {\"F\": "
        "\"\\\\\\\\server\\\\x\"}],"
        " \"G\": \"{MMAR_ROOT}/data\", \"H\": \"segmentation\", \"I\": 1, \"J\": \"/\"}");
    assert_int_equal(
        mm_privacy_json(&scratch->arena, scratch_path(scratch, "m"), "config/environment.json", &text, &stays, &err),
        MM_OK);
    cJSON *json;
    assert_int_equal(mm_json_parse(&scratch->arena, "t", text, strlen(text), &json, &err), MM_OK);
    assert_string_equal(mm_json_print(&scratch->arena, json, MM_JSON_COMPACT),
                        "{\"A\":\"\",\"B\":\"\",\"C\":\"\",\"D\":\"\",\"E\":[\"\",{\"F\":\"\"}],\"G\":\"{MMAR_ROOT}/"
                        "data\",\"H\":\"segmentation\","
                        "\"I\":1,\"J\":\"/\"}");
    put(scratch, "m", "config/environment.json", text); /* a template is its own template */
    text = NULL;
    assert_int_equal(
        mm_privacy_json(&scratch->arena, scratch_path(scratch, "m"), "config/environment.json", &text, &stays, &err),
        MM_OK);
    assert_null(text);
}

static enum mm_status scan_allowing(struct scratch *scratch, const char *name, const void *bytes, size_t size,
                                    const char *allow, const char **allowed)
{
    struct mm_archive_file file = {.name = name, .path = put(scratch, "m", name, ""), .size = size};
    const struct mm_archive_list list = {.count = 1, .files = &file};
    const struct mm_strings places = {allow != NULL, &allow};
    assert_int_equal(mm_file_write(file.path, bytes, size, &err), MM_OK);
    err = (struct mm_error){.status = MM_OK};
    return mm_privacy_scan(&scratch->arena, scratch_path(scratch, "m"), &list, NULL, &places, allowed, &err);
}

static enum mm_status scan_bytes(struct scratch *scratch, const char *name, const void *bytes, size_t size)
{
    return scan_allowing(scratch, name, bytes, size, NULL, NULL);
}

static enum mm_status scan(struct scratch *scratch, const char *name, const char *text)
{
    return scan_bytes(scratch, name, text, strlen(text));
}

static void assert_told(const char *text)
{
    if (!strstr(err.text, text))
        fail_msg("\"%s\" does not say \"%s\"", err.text, text);
}

static void paths_are_found_as_paths(void **state)
{
    struct scratch *scratch = *state;
    char *own = realpath(scratch->folder, NULL);
    put(scratch, "m", "config/environment.json", "{\"DATA\": \"/root\"}");
    assert_int_equal(scan(scratch, "docs/a", "nothing\nof interest"), MM_OK);
    assert_int_equal(scan(scratch, "docs/a", "src/root.c and /roots and x/root/y"), MM_OK);
    assert_int_equal(scan(scratch, "docs/a", "one\ntwo /root/x"), MM_NO);
    assert_told("docs/a:2: holds the local path /root/x (--allow docs/a:2)");
    assert_int_equal(scan(scratch, "docs/a", "src/root.c, then file:///root"), MM_NO);
    assert_int_equal(scan(scratch, "docs/a", "/root"), MM_NO);
    assert_int_equal(scan(scratch, "docs/a", mm_arena_format(&scratch->arena, "cd %s/m", own)), MM_NO);
    assert_int_equal(scan(scratch, "config/x.json", "{\"a\": {\"b\": [\"ok\", \"/mnt/x\"]}}"), MM_NO);
    assert_told("config/x.json:1: a.b[1] is the local path /mnt/x");
    assert_int_equal(scan(scratch, "config/x.json", "{\"a\": \"images/x\", \"b\": \"a / b\", \"c\": \"{DATA}/x\"}"),
                     MM_OK);
    free(own);
}

/* What tells by its form: strict enough that prose, code and version numbers are nothing. */
static void forms_are_found(void **state)
{
    struct scratch *scratch = *state;
    static const struct {
        const char *text, *told; /* NULL: no finding */
    } cases[] = {
        {"see /home/karla/x.nii", "the local path /home/karla/x.nii"},
        {"x=/mnt/scans/a", "the local path /mnt/scans/a"},
        {"\"/data/ct/a b\"", "the local path /data/ct/a"},
        {"open file:///srv/scans/a", "the local path /srv/scans/a"},
        {"at C:\\Users\\karla", "the local path C:\\Users"},
        {"at D:/scans", "the local path D:/scans"},
        {"on \\\\pacs01\\images", "the local path \\\\pacs01\\images"},
        {"#!/usr/bin/env bash", NULL},
        {"cat /proc/cpuinfo >/dev/null; ls /tmp/x", NULL},
        {"\"$DIR\"/models/x and ${A}/b/c and a/b/c", NULL},
        {"https://a.org/home/x and either/or, 1/2/3", NULL},
        {"/path/to/your/data", NULL},
        {"</b>text</i>", NULL},
        {"a.b@clinic.example.de wrote", "the e-mail address a.b@clinic.example.de"},
        {"mail <karla_m+x@uni-x.edu>", "the e-mail address karla_m+x@uni-x.edu"},
        {"user@example.org, git@github.com:a/b, a@b, @NAME@, x @ y.z", NULL},
        {"uid 1.2.840.113619.2.55.3.604688", "the identifier (DICOM's form) 1.2.840.113619.2.55.3.604688"},
        {"2.25.1.2.3.4567890123", "the identifier (DICOM's form) 2.25.1.2.3.4567890123"},
        {"class 1.2.840.10008.5.1.4.1.1.2, version 1.2.3.4, 10.0.0.1, 0.125", NULL},
        {"(0010,0010) PN [DOE^JANE]", "the DICOM tag 0010,0010"},
        {"PatientName = Doe^Jane", "the DICOM tag PatientName"},
        {"Patient's Birth Date: 19700101", "the DICOM tag Patient's Birth Date"},
        {"patient_id: 4711", "the DICOM tag patient_id"},
        {"PatientID and PatientName were removed; PatientID: null", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum mm_status s = scan(scratch, "docs/a", cases[i].text);
        if (s != (cases[i].told ? MM_NO : MM_OK))
            fail_msg("%s: %s", cases[i].text, err.text);
        if (cases[i].told)
            assert_told(cases[i].told);
    }
    assert_int_equal(scan(scratch, "docs/a.json", "{\"PatientID\": \"4711\"}"), MM_NO);
    assert_told("docs/a.json:1: PatientID holds the DICOM tag PatientID");
    assert_int_equal(scan(scratch, "docs/a.json", "{\n\"00100020\": {\"vr\": \"LO\"}}"), MM_NO);
    assert_told("docs/a.json:2: ");
    assert_int_equal(scan(scratch, "docs/a.json", "{\"u\": \"\\/home\\/karla\"}"), MM_NO); /* as JSON reads it */
}

static void addresses_of_authors_are_wanted(void **state)
{
    struct scratch *scratch = *state;
    setenv("USER", "mschmidt", 1);
    static const char *const wanted[] = {"docs/card.json", "docs/README.md", "docs/LICENSE.txt"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(scan(scratch, wanted[i], "[\"M. Schmidt, mschmidt@uni-x.edu\"]"), MM_OK);
    assert_int_equal(scan(scratch, "docs/notes.md", "mschmidt@uni-x.edu"), MM_NO);
    assert_int_equal(scan(scratch, "docs/README.md", "made by mschmidt"), MM_NO);
    unsetenv("USER");
}

static void names_of_user_and_machine_are_found(void **state)
{
    struct scratch *scratch = *state;
    char host[256] = "";
    setenv("USER", "mschmidt", 1);
    assert_int_equal(scan(scratch, "docs/a", "by mschmidt."), MM_NO);
    assert_told("docs/a:1: holds the user name mschmidt");
    assert_int_equal(scan(scratch, "docs/a", "log_mschmidt-2"), MM_NO);
    assert_int_equal(scan(scratch, "docs/mschmidt.txt", "x"), MM_NO);
    assert_told("docs/mschmidt.txt: its name holds the user name mschmidt");
    assert_int_equal(scan(scratch, "docs/a", "MSchmidt, mschmidts, xmschmidt"), MM_OK);
    static const char *const nobody[] = {"root", "data", "user", "Admin", "ann", "12345"};
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        setenv("USER", nobody[i], 1);
        assert_int_equal(scan(scratch, "docs/a", "root data user Admin ann 12345"), MM_OK);
    }
    unsetenv("USER");
    gethostname(host, sizeof host - 1);
    assert_int_equal(scan(scratch, "docs/a", mm_arena_format(&scratch->arena, "ran on %s", host)),
                     mm_privacy_is_name(host, strlen(host)) ? MM_NO : MM_OK);
}

static void cases_are_found(void **state)
{
    struct scratch *scratch = *state;
    put(scratch, "m", "config/config_train.json",
        "{\"train\": {\"image_pipeline\": {\"name\": \"X\", \"args\": {\"data_list_file_path\": "
        "\"{DATASET_JSON}\"}}}}");
    put(scratch, "m", "config/environment.json", "{\"DATASET_JSON\": \"{MMAR_ROOT}/lists/a.json\"}");
    put(scratch, "m", "lists/a.json",
        "{\"name\": \"Task09_Spleen\", \"labels\": {\"1\": \"spleen.left\"}, \"training\": [{\"image\": "
        "\"imagesTr/miller_07.nii.gz\", \"label\": \"labelsTr/seg.nii.gz\"}, {\"image\": [\"p_0815/image.nii.gz\"], "
        "\"patient\": \"Smith Jane\"}, {\"image\": \"0001.png\"}]}");
    assert_int_equal(scan(scratch, "docs/a", "x\nworst: miller_07_seg.nii.gz"), MM_NO);
    assert_told("docs/a:2: holds the name of a case in the datalist, miller_07");
    assert_int_equal(scan(scratch, "docs/a", "p_0815"), MM_NO);
    assert_int_equal(scan(scratch, "docs/a", "of Smith Jane"), MM_NO);
    assert_int_equal(scan(scratch, "docs/a", "Task09_Spleen, spleen.left, 0001, image, imagesTr, miller_071"), MM_OK);
    assert_int_equal(scan(scratch, "eval/scores.csv", "miller_07,0.9"), MM_OK); /* --with-eval asks for it */
}

/* 8 bytes of length, JSON, tensors. */
static void binary_files_are_searched(void **state)
{
    struct scratch *scratch = *state;
    static const char bytes[] = "\x32\0\0\0\0\0\0\0{\"__metadata__\": {\"from\": \"/home/karla/secret/x\"}} "
                                "/home/karla/\0";
    assert_int_equal(scan_bytes(scratch, "models/model.safetensors", bytes, sizeof bytes), MM_NO);
    assert_told("models/model.safetensors:__metadata__.from: holds the local path /home/karla/secret/x");
    static const char noise[] = "\0\1\2 /home/karla/x a@b.de \0 1.2.840.113619.2.55.3.604688";
    assert_int_equal(scan_bytes(scratch, "resources/a.bin", noise, sizeof noise), MM_NO);
    assert_null(strstr(err.text, "karla")); /* in noise a form is chance */
    assert_told("1.2.840.113619.2.55.3.604688");
    static const struct {
        const char *bytes, *told;
        size_t size;
    } closed[] = {
        {"\x1f\x8b\x08\0", "compressed (gzip)", 4},
        {"PK\3\4\0", "compressed (zip)", 5},
        {"%PDF-1.4\n", "a PDF", 9},
        {"\xff\xfeh\0i\0", "UTF-16", 6},
        {"II*\0\0\0", "a TIFF", 6},
    };
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        assert_int_equal(scan_bytes(scratch, "resources/x", closed[i].bytes, closed[i].size), MM_NO);
        assert_told(closed[i].told);
    }
    char dicom[200] = "";
    memcpy(dicom + 128, "DICM", 4);
    assert_int_equal(scan_bytes(scratch, "resources/x", dicom, sizeof dicom), MM_NO);
    assert_told("a DICOM file");
}

static size_t chunk(unsigned char *to, const char *type, const char *data, size_t size)
{
    memcpy(to, (unsigned char[4]){0, 0, 0, (unsigned char)size}, 4);
    memcpy(to + 4, type, 4);
    memcpy(to + 8, data, size);
    memset(to + 8 + size, 0, 4);
    return 12 + size;
}

static void pictures_are_searched(void **state)
{
    struct scratch *scratch = *state;
    static const struct {
        const char *type, *data, *told;
        size_t size;
    } cases[] = {
        {"tEXt", "Author\0a@clinic.de", "a@clinic.de", 18},
        {"tEXt", "Software\0x 1.2", NULL, 14},
        {"iTXt", "Path\0\0\0\0\0/home/karla/x", "the local path /home/karla/x", 22},
        {"iTXt", "Path\0\1\0\0\0zzzz", "holds a iTXt chunk", 13},
        {"zTXt", "Path\0\0zzzz", "holds a zTXt chunk", 10},
        {"eXIf", "II*\0", "holds a eXIf chunk", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char png[128] = "\x89PNG\r\n\x1a\n";
        size_t size = 8 + chunk(png + 8, "IHDR", "\0\0\0\1\0\0\0\1\10\0\0\0\0", 13);
        size += chunk(png + size, cases[i].type, cases[i].data, cases[i].size);
        assert_int_equal(scan_bytes(scratch, "docs/x.png", png, size), cases[i].told ? MM_NO : MM_OK);
        if (cases[i].told)
            assert_told(cases[i].told);
    }
    static const char exif[] = "\xff\xd8\xff\xe1\0\10Exif\0\0\xff\xda\0\2";
    static const char comment[] = "\xff\xd8\xff\xe0\0\4JF\xff\xfe\0\21by a@clinic.de \xff\xda\0\2";
    assert_int_equal(scan_bytes(scratch, "docs/x.jpg", exif, sizeof exif), MM_NO);
    assert_told("Exif");
    assert_int_equal(scan_bytes(scratch, "docs/x.jpg", comment, sizeof comment), MM_NO);
    assert_told("a@clinic.de");
    for (size_t cut = 0; cut < sizeof comment; cut++) /* whatever is missing */
        scan_bytes(scratch, "docs/x.jpg", comment, cut);
}

static void findings_are_allowed_by_their_place(void **state)
{
    struct scratch *scratch = *state;
    static const char text[] = "a\nb /home/karla/x\nc@d.de\n";
    const char *allowed = NULL;
    assert_int_equal(scan(scratch, "docs/a", text), MM_NO);
    assert_told("2 things that should not leave");
    assert_told("docs/a:3: holds the e-mail address c@d.de (--allow docs/a:3)");
    assert_int_equal(scan_allowing(scratch, "docs/a", text, strlen(text), "docs/a:2", &allowed), MM_NO);
    assert_null(strstr(err.text, "karla"));
    assert_string_equal(allowed, "docs/a:2: holds the local path /home/karla/x\n");
    assert_int_equal(scan_allowing(scratch, "docs/a", text, strlen(text), "docs/a", &allowed), MM_OK);
    assert_int_equal(scan_allowing(scratch, "docs/a", "fine", 4, "docs/a:9", &allowed), MM_ERR_USAGE);
    assert_told("--allow docs/a:9: nothing was found there");
}

static void long_texts_are_searched_to_their_end(void **state)
{
    struct scratch *scratch = *state;
    const size_t size = (size_t)9 << 20;
    char *text = mm_alloc_raw(size);
    memset(text, 'x', size);
    for (size_t i = 99; i < size; i += 100)
        text[i] = '\n';
    memcpy(text + size - 50, " /home/karla/x ", 15);
    assert_int_equal(scan_bytes(scratch, "docs/a", text, size), MM_NO);
    assert_told(mm_arena_format(&scratch->arena, "docs/a:%zu: ", (size - 50) / 100 + 1));
    memset(text, 'x', size); /* one line */
    memcpy(text + size - 50, " /home/karla/x ", 15);
    assert_int_equal(scan_bytes(scratch, "docs/a", text, size), MM_NO);
    mm_free(text);
}

static void the_manifest_is_searched_too(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_archive_list list = {.count = 0};
    cJSON *manifest;
    static const char text[] = "{\"authors\": [\"a@b.de\"], \"training\": {\"note\": \"/home/karla/x\"}, \"files\": "
                               "[{\"path\": \"/home/karla/y\"}]}";
    assert_int_equal(mm_json_parse(&scratch->arena, "m", text, strlen(text), &manifest, &err), MM_OK);
    put(scratch, "m", "config/x", "");
    assert_int_equal(mm_privacy_scan(&scratch->arena, scratch_path(scratch, "m"), &list, manifest, NULL, NULL, &err),
                     MM_NO);
    assert_told("1 thing that");
    assert_told("manifest.json:training.note: holds the local path /home/karla/x");
}

static void cases_get_numbers(void **state)
{
    struct scratch *scratch = *state;
    char *text = NULL;
    assert_int_equal(mm_privacy_metrics(&scratch->arena, scratch_path(scratch, "m"), "ab", &text, &err), MM_OK);
    assert_null(text);
    put(scratch, "m", "eval/metrics.json",
        "{\"cases\": [{\"image\": \"a\", \"d\": 1}, {\"image\": \"b\"}, 7, {\"d\": 2}], \"weights_sha256\": \"ab\"}");
    assert_int_equal(mm_privacy_metrics(&scratch->arena, scratch_path(scratch, "m"), "ac", &text, &err), MM_OK);
    assert_null(text); /* scores of other weights */
    assert_int_equal(mm_privacy_metrics(&scratch->arena, scratch_path(scratch, "m"), NULL, &text, &err), MM_OK);
    assert_null(text);
    assert_int_equal(mm_privacy_metrics(&scratch->arena, scratch_path(scratch, "m"), "ab", &text, &err), MM_OK);
    cJSON *json;
    assert_int_equal(mm_json_parse(&scratch->arena, "t", text, strlen(text), &json, &err), MM_OK);
    assert_string_equal(
        mm_json_print(&scratch->arena, json, MM_JSON_COMPACT),
        "{\"cases\":[{\"image\":\"case 1\",\"d\":1},{\"image\":\"case 2\"},7,{\"d\":2}],\"weights_sha256\":\"ab\"}");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(datalists_stay_wherever_they_are),
        T(environments_become_templates),
        T(paths_are_found_as_paths),
        T(forms_are_found),
        T(addresses_of_authors_are_wanted),
        T(names_of_user_and_machine_are_found),
        T(cases_are_found),
        T(binary_files_are_searched),
        T(pictures_are_searched),
        T(findings_are_allowed_by_their_place),
        T(long_texts_are_searched_to_their_end),
        T(the_manifest_is_searched_too),
        T(cases_get_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
