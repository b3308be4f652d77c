/* PyTorch's weights files (.pt, .pth): what torch.save wrote of state dicts, as data. Read are zip files (PyTorch 1.6 and later) and the
 * older form without zip. Nothing in a file is ever run: see pickle.h. TorchScript archives are refused: they hold programs. */
#ifndef MM_TRAINER_TORCH_FILE_H
#define MM_TRAINER_TORCH_FILE_H

#include "base/params.h"
#include "trainer/pickle.h"
#include "trainer/strided.h"

struct mm_torch_file {
    const char *kind; /* "PyTorch zip", "PyTorch before 1.6" */
    const struct mm_pickle_value *root;
};

bool mm_torch_is(const unsigned char *bytes, size_t size);
/* `bytes` are borrowed: the tensors point into them. */
enum mm_status mm_torch_parse(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                              struct mm_torch_file **out, struct mm_error *err);
/* False when the value is no tensor. The name is left NULL. */
bool mm_torch_tensor(const struct mm_pickle_value *value, struct mm_strided *out);

/* The tensors of one dict of the file. */
struct mm_torch_state {
    const char *key; /* where the dict is: "model", "" for the file's own */
    size_t count;
    struct mm_strided *tensors;
    struct mm_strings others; /* what else there is, for people: "optimizer: a dict of 2" */
};

/* The dict under `key` ("model", "trainer.model"); NULL: the file's own if it has tensors, else that of a usual name, else the only one.
 * Errors name those there are. */
enum mm_status mm_torch_choose(struct mm_arena *arena, const struct mm_torch_file *file, const char *key,
                               struct mm_torch_state *out, struct mm_error *err);

#endif
