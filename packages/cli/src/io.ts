/** Where text goes. */
export interface TextSink {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
}

/** Everything the command line touches outside itself; tests hand in their own, so no test needs a process. */
export interface CliIo {
  stdout: TextSink
  stderr: TextSink
  stdin: AsyncIterable<string | Uint8Array> & { readonly isTTY?: boolean | undefined }
  /** There when a person sits at a terminal. */
  terminal?: Terminal
  env: Readonly<Record<string, string | undefined>>
  /** Absolute path that relative ones start from. */
  cwd: string
  /** The user's home folder. */
  home: string
  fetch: typeof fetch
  /** Shows a URL in the user's browser; rejects where there is none. */
  openUrl(url: string): Promise<void>
  /** Fires when the user wants the command to end (Ctrl-C). */
  signal: AbortSignal
  /** Work that lasts longer than this shows its progress. */
  progressAfterMs: number
  /** Pause before a broken stream is asked for again. */
  reconnectAfterMs: number
}

/** Talking with a person. */
export interface Terminal {
  /** Lines with editing and history, until the person ends the input. `prompt` is asked for before each. */
  lines(prompt: () => string): AsyncIterable<string>
  /** One line that is not shown while it is typed. */
  askSecret(prompt: string): Promise<string>
}
