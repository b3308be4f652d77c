/* Built-in relatives of Python classes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mmar/relatives.h"

static void words_of_the_name_decide(void **state)
{
    static const char *const rows[][2] = {
        {"MyAddRandomConstant", "Random"}, {"MyRandAdditiveNoised", "RandGaussianNoise"},
        {"MyDiceLoss", "DiceLoss"},        {"MyBasicUNet", "UNet"},
        {"MyPosNegCrop", "Crop"},
    };
    char text[256];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strstr(mm_relatives(rows[i][0], text, sizeof text), rows[i][1]))
            fail_msg("%s: \"%s\" does not name %s", rows[i][0], text, rows[i][1]);
}

static void strangers_have_none(void **state)
{
    char text[256], small[8];
    (void)state;
    assert_string_equal(mm_relatives("Xyzzy", text, sizeof text), "");
    assert_string_equal(mm_relatives("", text, sizeof text), "");
    assert_true(strlen(mm_relatives("MyDiceLoss", small, sizeof small)) < sizeof small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_the_name_decide),
        cmocka_unit_test(strangers_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
