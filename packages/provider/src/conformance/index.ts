export * from './describe-provider.ts'
export * from './kit.ts'
