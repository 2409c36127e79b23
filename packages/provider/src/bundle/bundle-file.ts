/** One entry of an image or of a bundle: a file of this host, a text, or a symbolic link. Owned by root, and the same at each build. */
export type BundleFile =
  | { path: string; kind: 'file'; source: string; executable: boolean }
  | { path: string; kind: 'text'; text: string; executable: boolean }
  | { path: string; kind: 'link'; target: string }
  | { path: string; kind: 'folder'; mode: number }
