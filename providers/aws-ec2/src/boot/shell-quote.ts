/** One word of a POSIX shell, whatever is in it but NUL. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
