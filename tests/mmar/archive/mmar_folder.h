/* A small MMAR in a scratch folder, with everything that travels and much that must not. */
#ifndef MM_TESTS_MMAR_ARCHIVE_MMAR_FOLDER_H
#define MM_TESTS_MMAR_ARCHIVE_MMAR_FOLDER_H

#include <sys/stat.h>

#include "base/file.h"
#include "tests/support/scratch.h"

__attribute__((unused)) static char *put(struct scratch *scratch, const char *root, const char *name,
                                         const char *text)
{
    char *path = mm_file_join(&scratch->arena, scratch_path(scratch, root), name);
    if (mm_file_make_folder(mm_file_folder(&scratch->arena, path), NULL) != MM_OK ||
        mm_file_write(path, text, strlen(text), NULL) != MM_OK)
        mm_bug("cannot write %s", path);
    return path;
}

__attribute__((unused)) static char *make_mmar(struct scratch *scratch, const char *root)
{
    put(scratch, root, "config/config_train.json", "{\"epochs\": 3, \"train\": {}}\n");
    put(scratch, root, "config/environment.json",
        "{\"DATA_ROOT\": \"/data/secret/patients\", \"TASK\": \"segmentation\"}\n");
    put(scratch, root, "config/dataset.json", "{\"training\": [{\"image\": \"patient_miller.nii.gz\"}]}\n");
    put(scratch, root, "docs/card.json",
        "{\"name\": \"small\", \"version\": \"1.2\", \"licence\": \"Apache-2.0\", \"authors\": [\"A. Uthor\"], "
        "\"data_licences\": [\"CC-BY-4.0\"]}\n");
    put(scratch, root, "docs/README.md", "# small\n");
    put(scratch, root, "docs/.git/config", "[core]\n");
    put(scratch, root, "resources/\xc3\xa4pfel/tabelle.txt", "1 2 3\n");
    put(scratch, root, "resources/empty", "");
    put(scratch, root, "resources/list.json", "{\"validation\": [{\"image\": \"patient_smith.nii.gz\"}]}\n");
    put(scratch, root, "models/model.safetensors", "these are weights, as far as an archive knows");
    put(scratch, root, "models/final_model.safetensors", "other weights");
    put(scratch, root, "models/checkpoint.safetensors", "checkpoint");
    put(scratch, root, "models/train.jsonl", "{}\n");
    put(scratch, root, "eval/metrics.json",
        "{\"metrics\": {\"mean_dice\": 0.9}, \"cases\": [{\"image\": \"miller.nii.gz\", \"mean_dice\": [0.9]}],"
        " \"weights_sha256\": \"82f2173228f70e66aa396a141bf6f60e093eca83afbcdd680c8bed0687c65920\"}\n"); /* of models/model.safetensors */
    put(scratch, root, "eval/metrics.csv", "case\nmiller\n");
    put(scratch, root, "data/miller.nii.gz", "image");
    char *script = put(scratch, root, "commands/train.sh", "#!/bin/sh\nexec mmar train\n");
    if (chmod(script, 0755) != 0)
        mm_bug("cannot chmod %s", script);
    return scratch_path(scratch, root);
}

#endif
