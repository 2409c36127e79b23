export * from './describe-provider.ts'
export * from './harness.ts'
