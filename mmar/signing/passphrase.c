/* Asking for a passphrase. */
#include "mmar/signing/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "mmar/command.h"

#define FILE_VARIABLE "MMAR_PASSPHRASE_FILE"

/* Bytes up to the end of the line or the file; -1 with errno. No stream, which would keep a copy. */
static int read_line(int file, char *buffer, size_t size)
{
    size_t length = 0;
    while (length < size) {
        ssize_t n = read(file, buffer + length, 1);
        if (n < 0 && errno == EINTR && !mm_interrupted())
            continue;
        if (n < 0)
            return -1;
        if (n == 0 || buffer[length] == '\n') /* a line of an editor that ends them in CR LF, too */
            return (int)(length && buffer[length - 1] == '\r' ? length - 1 : length);
        length++;
    }
    errno = E2BIG;
    return -1;
}

static enum mm_status from_file(const char *path, char *buffer, size_t size, int *length, struct mm_error *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    *length = file < 0 ? -1 : read_line(file, buffer, size);
    int reason = errno;
    if (file >= 0)
        close(file);
    return *length >= 0 ? MM_OK
                        : mm_fail(err, MM_ERR_IO, FILE_VARIABLE "=%s: cannot read: %s", path, strerror(reason));
}

static enum mm_status from_terminal(int terminal, const char *key, char *buffer, size_t size, int *length,
                                    struct mm_error *err)
{
    struct termios shown, unseen;
    if (tcgetattr(terminal, &shown) != 0)
        return mm_fail(err, MM_ERR_IO, "/dev/tty: %s", strerror(errno));
    unseen = shown;
    unseen.c_lflag &= ~(tcflag_t)ECHO;
    dprintf(terminal, "passphrase of %s: ", key);
    tcsetattr(terminal, TCSAFLUSH, &unseen);
    *length = read_line(terminal, buffer, size);
    int reason = errno;
    tcsetattr(terminal, TCSAFLUSH, &shown);
    dprintf(terminal, "\n");
    if (*length >= 0)
        return MM_OK;
    return mm_interrupted() ? mm_fail(err, MM_INTERRUPTED, "interrupted: nothing was signed")
                            : mm_fail(err, MM_ERR_IO, "/dev/tty: cannot read: %s", strerror(reason));
}

enum mm_status mm_passphrase(const char *key, char *buffer, size_t size, int *length, struct mm_error *err)
{
    const char *path = getenv(FILE_VARIABLE);
    if (path && *path)
        return from_file(path, buffer, size, length, err);
    int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0)
        return mm_fail(err, MM_ERR_USAGE,
                       "%s: has a passphrase and there is no terminal to ask for it: let " FILE_VARIABLE
                       " name a file that holds it",
                       key);
    enum mm_status s = from_terminal(terminal, key, buffer, size, length, err);
    close(terminal);
    return s;
}
