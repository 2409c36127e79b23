export { type RealmFolder, readRealmFolder } from './realm-folder/read-realm-folder.ts'
