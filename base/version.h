/* The version, of the program and of the library alike: 0.y.z may change its interface with y. */
#ifndef MM_BASE_VERSION_H
#define MM_BASE_VERSION_H

#define MM_VERSION        "0.1.0"
#define MM_VERSION_NUMBER 100 /* major * 10000 + minor * 100 + patch, for #if */

#endif
