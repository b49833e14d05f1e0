/* Says for each line of the input whether Hyperscan finds the expression in it: 1 or 0. */
#define _GNU_SOURCE
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>

static int found(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *is_found) {
  *(int *)is_found = 1;
  return 1;
}

int main(int count, char **arguments) {
  hs_database_t *database;
  hs_compile_error_t *error;
  hs_scratch_t *scratch = NULL;
  if (count != 2) return 2;
  if (hs_compile(arguments[1], 0, HS_MODE_BLOCK, NULL, &database, &error) != HS_SUCCESS) {
    fprintf(stderr, "%s\n", error->message);
    return 1;
  }
  if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS) return 1;
  char *line = NULL;
  size_t size = 0;
  for (ssize_t length; (length = getline(&line, &size, stdin)) > 0;) {
    int is_found = 0;
    if (line[length - 1] == '\n') length -= 1;
    hs_error_t ended = hs_scan(database, line, (unsigned int)length, 0, scratch, found, &is_found);
    if (ended != HS_SUCCESS && ended != HS_SCAN_TERMINATED) return 1;
    puts(is_found ? "1" : "0");
  }
  return 0;
}
