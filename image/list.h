/* One line per image format, alphabetical. Adding a format = its file + its line here. */
#define MM_FORMATS(X) \
    X(nifti)          \
    X(png)
