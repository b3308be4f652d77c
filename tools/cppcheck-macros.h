/* Macros of foreign headers that cppcheck must know to parse our sources; included by check-all's --include. */
#define cJSON_ArrayForEach(item, list) for (item = (list) ? (list)->child : 0; item; item = item->next)
