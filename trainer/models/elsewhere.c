/* Names from monai.networks.nets (1.6), monai.apps and Clara Train's manuals of 3.1 and 4.1. */
#include "trainer/models/elsewhere.h"

#include <stddef.h>
#include <strings.h>

#define RESIDUAL "does not exist here yet: the nearest network is SegResNet"
#define U_SHAPED "does not exist here yet: the nearest network is UNet"
#define WHOLE                                                                                                        \
    "does not exist here yet: it gives one answer for a whole image, and networks here give one for each pixel"

static const struct {
    const char *name, *says;
} elsewhere[] = {
    {"AHNet", RESIDUAL},
    {"SegAhnet", RESIDUAL},
    {"DiNTS", RESIDUAL},
    {"HighResNet", RESIDUAL},
    {"SegResNetDS", RESIDUAL},
    {"SegResNetDS2", RESIDUAL},
    {"SegResNetVAE", RESIDUAL},
    {"SwinUNETR", RESIDUAL},
    {"UNETR", RESIDUAL},
    {"UNesT", RESIDUAL},
    {"VISTA3D", RESIDUAL},
    {"VNet", RESIDUAL},
    {"AttentionUnet", U_SHAPED},
    {"BasicUNetPlusPlus", U_SHAPED},
    {"DynUNet", U_SHAPED},
    {"FlexibleUNet", U_SHAPED},
    {"FlexUNet", U_SHAPED},
    {"HoVerNet", U_SHAPED},
    {"MedNeXt", U_SHAPED},
    {"RegUNet", U_SHAPED},
    {"UnetParallel", U_SHAPED},
    {"Alexnet", WHOLE},
    {"Classifier", WHOLE},
    {"DenseNet", WHOLE},
    {"DenseNet121", WHOLE},
    {"DenseNet169", WHOLE},
    {"DenseNet201", WHOLE},
    {"DenseNet264", WHOLE},
    {"EfficientNetBN", WHOLE},
    {"Regressor", WHOLE},
    {"ResNet", WHOLE},
    {"ResNet10", WHOLE},
    {"ResNet18", WHOLE},
    {"ResNet34", WHOLE},
    {"ResNet50", WHOLE},
    {"ResNet101", WHOLE},
    {"ResNet152", WHOLE},
    {"SENet154", WHOLE},
    {"SEResNet50", WHOLE},
    {"SEResNet101", WHOLE},
    {"SEResNext50", WHOLE},
    {"TorchVisionFCModel", WHOLE},
    {"TorchVisionFullyConvModel", WHOLE},
    {"ViT", WHOLE},
};

const char *mm_model_elsewhere(const char *name)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (strcasecmp(elsewhere[i].name, name) == 0)
            return elsewhere[i].says;
    return NULL;
}

const char *mm_model_elsewhere_name(unsigned index)
{
    return index < sizeof elsewhere / sizeof *elsewhere ? elsewhere[index].name : NULL;
}
