/* One line per image format, alphabetical. Adding a format = its file + its line here. */
#define MM_FORMATS(X)                                                                                                \
    X(bmp)                                                                                                           \
    X(dicom)                                                                                                         \
    X(jpeg)                                                                                                          \
    X(metaimage)                                                                                                     \
    X(nifti)                                                                                                         \
    X(npy)                                                                                                           \
    X(nrrd)                                                                                                          \
    X(png)                                                                                                           \
    X(tiff)
