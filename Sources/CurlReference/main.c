// How fast libcurl's own multi interface is from C, in the manner of its documented examples: parallel handles that are
// added again as they finish, `curl_multi_perform` and `curl_multi_poll`, nothing kept of the answers.
//
// usage: curl-reference URL CALLS PARALLEL
// Prints: calls a second, processor time a call in nanoseconds, failed calls.
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static size_t count_bytes(char *bytes, size_t size, size_t count, void *total) {
  (void)bytes;
  *(size_t *)total += size * count;
  return size * count;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int argument_count, char **arguments) {
  if (argument_count != 4) {
    fprintf(stderr, "usage: curl-reference URL CALLS PARALLEL\n");
    return 2;
  }
  long calls = atol(arguments[2]), parallel = atol(arguments[3]);
  long started = 0, done = 0, failed = 0;
  size_t bytes = 0;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM *multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, parallel);

  double start = now();
  for (; started < parallel && started < calls; started++) {
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, arguments[1]);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &bytes);
    curl_multi_add_handle(multi, easy);
  }
  while (done < calls) {
    int running = 0, left = 0;
    curl_multi_perform(multi, &running);
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left))) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL *easy = message->easy_handle;
      done++;
      if (message->data.result) failed++;
      curl_multi_remove_handle(multi, easy);
      if (started < calls) {
        started++;
        curl_multi_add_handle(multi, easy);
      } else {
        curl_easy_cleanup(easy);
      }
    }
    if (done < calls) curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  double seconds = now() - start;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
               (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  printf("%.1f %.0f %ld\n", calls / seconds, cpu / calls * 1e9, failed);
  curl_multi_cleanup(multi);
  return failed > 0;
}
