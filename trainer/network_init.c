/* Starting values of the parameters. Each parameter has a random stream of its own, named after it, so that its values do not depend
 * on the rest of the network. */
#include <math.h>

#include "base/hash.h"
#include "base/random.h"
#include "trainer/network_parts.h"

/* Keras' TruncatedNormal cuts at 2 sigma; this is the standard deviation that is left of 1. */
#define TRUNCATED_DEVIATION 0.87962566103423978

static double truncated_normal(struct mm_random *random)
{
    double value;
    do
        value = mm_random_normal(random);
    while (fabs(value) >= 2);
    return value;
}

static double draw(const struct mm_init *init, struct mm_random *random)
{
    switch (init->kind) {
    case MM_INIT_UNIFORM:
        return mm_random_uniform(random, -init->value, init->value);
    case MM_INIT_HE_NORMAL:
        return sqrt(2 / init->value) / TRUNCATED_DEVIATION * truncated_normal(random);
    case MM_INIT_NORMAL:
        return init->value * mm_random_normal(random);
    default:
        return init->value;
    }
}

enum mm_status mm_network_initialise(struct mm_network *network, uint64_t seed, struct mm_error *err)
{
    for (size_t i = 0; i < network->graph->param_count; i++) {
        const struct mm_param_info *info = &network->graph->params[i];
        uint64_t hash = mm_fnv1a(info->name, strlen(info->name));
        struct mm_random random;
        enum mm_status s;
        mm_random_init(&random, seed, MM_RANDOM_INITIALISATION, (uint32_t)hash, (uint32_t)(hash >> 32), 0);
        for (size_t k = 0; k < mm_desc_elements(&info->desc); k++)
            network->scratch[k] = (float)draw(&info->init, &random);
        if (MM_TRY(s, mm_network_set_param(network, i, network->scratch, err)))
            return mm_fail_in(err, "%s", info->name);
    }
    return MM_OK;
}
