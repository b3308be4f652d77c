#ifndef MM_MMAR_VERSION_H
#define MM_MMAR_VERSION_H

#define MM_VERSION "0.1.0"

#endif
