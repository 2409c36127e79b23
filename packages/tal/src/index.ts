export { compileTal, renderTal, type TalOptions, type TalTemplate } from './compile.ts'
export { TemplateError } from './template-error.ts'
