/* What may differ between a model and the one that it starts from.
 *
 * Another number of classes: layers that make them start anew. Output channels come first in a convolution's kernel, second in a transposed
 * one's, and both where a unit leads from classes to classes.
 *
 * Another number of image channels: kernels of the first layer are made from those of the file. The rule (that of timm's adapt_input_conv): with `old` channels in the file and `new` in the model, a model of one channel gets the sum
 * over the file's, any other gets them again and again in their order, times old / new. So an image whose channels are all the same, or
 * are one channel repeated, excites the layer as one of the parent's images does. */
#include "trainer/weights_parts.h"

/* Is it the kernel of a convolution of the first input, the image? */
static bool takes_image(const struct mm_graph *graph, size_t param)
{
    int image = -1;
    for (size_t i = 0; i < graph->count; i++) {
        const struct mm_node *node = &graph->nodes[i];
        if (node->kind == MM_NODE_INPUT && image < 0)
            image = (int)i;
        if (node->kind != MM_NODE_OP || image < 0 || node->count < 2 || node->inputs[0] != image)
            continue;
        const struct mm_node *kernel = &graph->nodes[node->inputs[1]];
        if (kernel->kind == MM_NODE_PARAM && kernel->param == (int)param)
            return true;
    }
    return false;
}

bool mm_weights_can_adapt(const struct mm_graph *graph, size_t param, const struct mm_st_tensor *tensor,
                          const int64_t wanted[5])
{
    const struct mm_param_info *info = &graph->params[param];
    if (info->file_rank < 4 || tensor->rank != info->file_rank || tensor->dim[1] < 1 || tensor->dim[1] == wanted[1])
        return false;
    for (int i = 0; i < tensor->rank; i++)
        if (i != 1 && tensor->dim[i] != wanted[i])
            return false;
    return takes_image(graph, param);
}

bool mm_weights_is_of_classes(const struct mm_st_tensor *tensor, int rank, const int64_t wanted[5], int64_t classes,
                              int64_t *old)
{
    int64_t found = *old;
    if (tensor->rank != rank || classes < 1)
        return false;
    for (int i = 0; i < rank; i++) {
        if (tensor->dim[i] == wanted[i])
            continue;
        if (i > 1 || wanted[i] != classes || (found && tensor->dim[i] != found))
            return false;
        found = tensor->dim[i];
    }
    *old = found;
    return true;
}

enum mm_status mm_weights_adapt(const struct mm_st_tensor *tensor, const struct mm_param_info *info, float *out,
                                struct mm_error *err)
{
    enum mm_status s;
    size_t first = (size_t)tensor->dim[0], old = (size_t)tensor->dim[1], new = (size_t)info->file_dim[1];
    size_t taps = mm_weights_elements(info) / (first * new);
    float *values = mm_alloc(first * old * taps * sizeof *values);
    if (!values)
        return mm_fail_memory(err, "the weights");
    if (MM_TRY(s, mm_safetensors_floats(tensor, values, first * old * taps, err)))
        goto done;
    const float scale = new == 1 ? 1.0f : (float)old / (float)new;
    memset(out, 0, first * new *taps * sizeof *out);
    for (size_t o = 0; o < first; o++)
        for (size_t c = 0; c < (new == 1 ? old : new); c++)
            for (size_t k = 0; k < taps; k++)
                out[(o * new + (new == 1 ? 0 : c)) * taps + k] += scale * values[(o * old + c % old) * taps + k];
done:
    mm_free(values);
    return s;
}
