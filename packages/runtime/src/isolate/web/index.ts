export { installWeb, type Web } from './install-web.ts'
