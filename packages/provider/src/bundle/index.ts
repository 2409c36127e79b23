/** What machines run, packed out of the installation that the platform itself runs from. */
export * from './app-files.ts'
export * from './bundle-file.ts'
export * from './libraries.ts'
export * from './package-files.ts'
export * from './tar-files.ts'
export * from './this-installation.ts'
