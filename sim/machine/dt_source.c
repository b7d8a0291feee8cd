/* Devicetree sources: dtc compiles them, cpp before it where they include or define something. */
#include "dt.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_INSTALLED = 127 };

/* Files without a name, so that no pipe can fill up and nothing is left behind. */
struct files {
    FILE *source, *blob, *messages;
};

static bool open_files(struct files *files)
{
    files->source = tmpfile();
    files->blob = tmpfile();
    files->messages = tmpfile();
    return files->source != NULL && files->blob != NULL && files->messages != NULL;
}

static void close_files(const struct files *files)
{
    FILE *const all[] = {files->source, files->blob, files->messages};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] != NULL)
            fclose(all[i]);
}

/* Whether a line is a directive of the preprocessor; #address-cells is a property. */
static bool is_directive(const char *line)
{
    static const char *const names[] = {"include", "define", "if", "ifdef", "ifndef", "undef"};
    line += strspn(line, " \t");
    if (*line++ != '#')
        return false;
    line += strspn(line, " \t");
    size_t length = 0;
    while (isalpha((unsigned char)line[length]))
        length++;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && strncmp(names[i], line, length) == 0 &&
            line[length] != '-' && line[length] != ',')
            return true;
    return false;
}

static bool has_directives(const char *path)
{
    char line[256];
    bool found = false;
    FILE *file = fopen(path, "r");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = is_directive(line);
    if (file != NULL)
        fclose(file);
    return found;
}

/* Runs a program to its end and gives its exit status; -1 when it could not be run. */
static int run(char *const *argv, FILE *in, FILE *out, FILE *messages)
{
    pid_t child = fork();
    if (child < 0)
        return -1;
    if (child == 0) {
        if (in != NULL)
            dup2(fileno(in), STDIN_FILENO);
        dup2(fileno(out), STDOUT_FILENO);
        dup2(fileno(messages), STDERR_FILENO);
        execvp(argv[0], argv);
        _exit(NOT_INSTALLED);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool complain(const char *path, const char *tool, const char *package, int status,
                     FILE *messages, struct mote_err *err)
{
    if (status == NOT_INSTALLED)
        return mote_err_set(err,
                            "%s: %s is needed to compile it and is not installed; install the "
                            "package %s",
                            path, tool, package);
    size_t length;
    rewind(messages);
    char *text = dt_read_all(messages, &length);
    mote_err_set(err, "%s: %s found errors; mend the lines it names:\n%.700s", path, tool,
                 text != NULL ? text : "");
    free(text);
    return false;
}

static bool compile(const char *path, const struct files *files, struct mote_err *err)
{
    char name[4096];
    snprintf(name, sizeof name, "%s", path);
    /* Line marks stay in, so that dtc names lines of the file and of what it includes. */
    char *const cpp[] = {"cpp", "-nostdinc", "-undef", "-x", "assembler-with-cpp", name, NULL};
    char *const plain[] = {"dtc", "-@", "-q", "-I", "dts", "-O", "dtb", name, NULL};
    char *const piped[] = {"dtc", "-@", "-q", "-I", "dts", "-O", "dtb", "-", NULL};
    bool cooked = has_directives(path);
    if (cooked) {
        int status = run(cpp, NULL, files->source, files->messages);
        if (status != 0)
            return complain(path, "cpp", "cpp", status, files->messages, err);
        rewind(files->source);
    }
    int status =
        run(cooked ? piped : plain, cooked ? files->source : NULL, files->blob, files->messages);
    return status == 0 ||
           complain(path, "dtc", "device-tree-compiler", status, files->messages, err);
}

char *dt_compile(const char *path, size_t *bytes, struct mote_err *err)
{
    struct files files;
    char *blob = NULL;
    if (!open_files(&files)) {
        mote_err_set(err, "%s: cannot make a temporary file: %s", path, strerror(errno));
    } else if (compile(path, &files, err)) {
        rewind(files.blob);
        blob = dt_read_all(files.blob, bytes);
        if (blob == NULL)
            mote_err_set(err, "%s: its blob is too large, or out of memory", path);
    }
    close_files(&files);
    return blob;
}
