/* Functions we do not call; included by every .c file of ours through the compiler's -include. A call names a function
 * that is not declared, which is an error. Macros and not `#pragma GCC poison`, because system headers may use these words
 * for other things (OpenSSL has parameters named rand). */
#ifndef MM_BASE_BANNED_H
#define MM_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef strcpy
#undef strcat
#undef strtok
#undef sprintf
#undef vsprintf
#undef atoi
#undef atol
#undef atof
#define strcpy(...)   strcpy_is_banned_use_mm_text()
#define strcat(...)   strcat_is_banned_use_mm_text()
#define strtok(...)   strtok_is_banned_use_strcspn()
#define sprintf(...)  sprintf_is_banned_use_snprintf()
#define vsprintf(...) vsprintf_is_banned_use_vsnprintf()
#define gets(...)     gets_is_banned_use_fgets()
#define atoi(...)     atoi_is_banned_use_strtol()
#define atol(...)     atol_is_banned_use_strtol()
#define atof(...)     atof_is_banned_use_strtod()
#define rand(...)     rand_is_banned_use_mm_random()
#define srand(...)    srand_is_banned_use_mm_random()

#endif
