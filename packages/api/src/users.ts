import { z } from 'zod'
import { pageOf, pageQuery, realmParams, uuid } from './fields.ts'
import { defineRoutes } from './route.ts'

const printable = (text: string) => !/[\p{Cc}\p{Cs}]/u.test(text)
const username = z.string().min(1).max(200).refine(printable, 'must not have control characters')
const groupName = username
const password = z.string().min(1).max(1000)

/** A user of a realm, not of the platform. The password is never read back. */
export const user = z.object({
  id: uuid,
  username: z.string(),
  createdAt: z.string(),
  groups: z.array(z.string()),
})
export type User = z.output<typeof user>

/** A group of a realm's users. */
export const group = z.object({ id: uuid, name: z.string(), createdAt: z.string(), members: z.array(uuid) })
export type Group = z.output<typeof group>

const oneUser = realmParams.extend({ user: username })
const oneGroup = realmParams.extend({ group: groupName })

export const userRoutes = defineRoutes({
  create: {
    method: 'POST',
    path: '/realms/:realm/users',
    summary: 'Create a user of the realm',
    access: 'account',
    params: realmParams,
    body: z.strictObject({ username, password }),
    answer: user,
    errors: ['NOT_FOUND', 'ALREADY_EXISTS'],
  },
  list: {
    method: 'GET',
    path: '/realms/:realm/users',
    summary: 'List the users of the realm by name',
    access: 'account',
    params: realmParams,
    query: pageQuery,
    answer: pageOf(user),
    errors: ['NOT_FOUND'],
  },
  get: {
    method: 'GET',
    path: '/realms/:realm/users/:user',
    summary: 'Show a user of the realm',
    access: 'account',
    params: oneUser,
    answer: user,
    errors: ['NOT_FOUND'],
  },
  setPassword: {
    method: 'PUT',
    path: '/realms/:realm/users/:user/password',
    summary: 'Set the password of a user',
    access: 'account',
    params: oneUser,
    body: z.strictObject({ password }),
    answer: null,
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
  delete: {
    method: 'DELETE',
    path: '/realms/:realm/users/:user',
    summary: 'Delete a user and take it out of its groups',
    access: 'account',
    params: oneUser,
    answer: null,
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
})

export const groupRoutes = defineRoutes({
  create: {
    method: 'POST',
    path: '/realms/:realm/groups',
    summary: 'Create a group of users of the realm',
    access: 'account',
    params: realmParams,
    body: z.strictObject({ name: groupName }),
    answer: group,
    errors: ['NOT_FOUND', 'ALREADY_EXISTS'],
  },
  list: {
    method: 'GET',
    path: '/realms/:realm/groups',
    summary: 'List the groups of the realm by name',
    access: 'account',
    params: realmParams,
    query: pageQuery,
    answer: pageOf(group),
    errors: ['NOT_FOUND'],
  },
  addMember: {
    method: 'PUT',
    path: '/realms/:realm/groups/:group/members/:user',
    summary: 'Put a user into a group; no error when it is in there',
    access: 'account',
    params: oneGroup.extend({ user: username }),
    answer: group,
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
  removeMember: {
    method: 'DELETE',
    path: '/realms/:realm/groups/:group/members/:user',
    summary: 'Take a user out of a group; no error when it is not in there',
    access: 'account',
    params: oneGroup.extend({ user: username }),
    answer: group,
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
  delete: {
    method: 'DELETE',
    path: '/realms/:realm/groups/:group',
    summary: 'Delete a group; its members stay',
    access: 'account',
    params: oneGroup,
    answer: null,
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
})
