// Two functions of glibc (2.29 and 2.34) that its header hides without _GNU_SOURCE, and so from Swift.
#pragma once
#include <spawn.h>

int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
