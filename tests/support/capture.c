/* stderr is replaced at the level of descriptors, so that everything that writes to it is seen. */
#include "tests/support/capture.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"

static int saved = -1, source = -1;
static char text[65536];

/* The slave of a new terminal; `source` becomes its master. */
static int open_terminal(void)
{
    source = posix_openpt(O_RDWR | O_NOCTTY);
    if (source < 0 || grantpt(source) != 0 || unlockpt(source) != 0)
        return -1;
    int slave = open(ptsname(source), O_RDWR | O_NOCTTY);
    struct termios settings;
    if (slave < 0 || tcgetattr(slave, &settings) != 0)
        return -1;
    settings.c_oflag &= ~(tcflag_t)OPOST; /* no "\r" before "\n" */
    tcsetattr(slave, TCSANOW, &settings);
    ioctl(slave, TIOCSWINSZ, &(struct winsize){.ws_row = 24, .ws_col = 80});
    fcntl(source, F_SETFL, O_NONBLOCK);
    return slave;
}

void capture_begin(bool is_tty)
{
    fflush(stderr);
    int target;
    if (is_tty) {
        target = open_terminal();
    } else {
        FILE *file = tmpfile();
        source = file ? dup(fileno(file)) : -1;
        target = file ? dup(fileno(file)) : -1;
        if (file)
            fclose(file);
    }
    saved = dup(STDERR_FILENO);
    if (source < 0 || target < 0 || saved < 0 || dup2(target, STDERR_FILENO) < 0)
        mm_bug("stderr cannot be captured");
    close(target);
}

const char *capture_end(void)
{
    fflush(stderr);
    size_t used = 0;
    lseek(source, 0, SEEK_SET); /* of a file; a terminal has no position */
    for (ssize_t n; used + 1 < sizeof text && (n = read(source, text + used, sizeof text - 1 - used)) > 0;)
        used += (size_t)n;
    text[used] = '\0';
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(source);
    return text;
}
