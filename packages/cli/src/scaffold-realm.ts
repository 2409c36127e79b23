import type { RealmKind } from '@openzimki/core'

/** The files of a new realm: relative path to content. */
export function scaffoldRealm(name: string, kind: RealmKind): Record<string, string> {
  return kind === 'module' ? moduleRealm(name) : scriptRealm(name)
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

function scriptRealm(name: string): Record<string, string> {
  return {
    'realm.json': json({ name, type: 'script', classes: ['Visit'] }),
    'javascript/main.js': `// Everything in javascript/ runs in name order and shares its globals.

function home(args) {
  if (args.who) Visit.create({ who: args.who })
  return zimki.render.trimpath("home.html", {
    root: zimki.root,
    visits: Visit.search({}, { order_by: "-creation_date", per_page: 10 })
  })
}

zimki.publishPath("/", home)
`,
    'templates/home.html': `<!DOCTYPE html>
<html>
  <head>
    <meta charset="utf-8">
    <title>${name}</title>
    <link rel="stylesheet" href="\${root}/style.css">
  </head>
  <body>
    <h1>${name}</h1>
    <form method="post" action="\${root}/">
      <input name="who" placeholder="Your name" required> <button>Say hello</button>
    </form>
    <ul>
      {for visit in visits}<li>Hello, \${visit.who|h}!</li>{forelse}<li>Nobody yet.</li>{/for}
    </ul>
  </body>
</html>
`,
    'files/style.css':
      'body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }\n',
    'unittests/home.js': `plan(2)
home({ who: "Ada" })
assertEquals("a visit is kept", Visit.search({ who: "Ada" }).length, 1)
assert("the page greets", home({}).indexOf("Hello, Ada!") > -1)
`,
  }
}

function moduleRealm(name: string): Record<string, string> {
  return {
    'realm.json': json({ name, type: 'module', main: 'src/main.ts', env: { GREETING: 'Hello' } }),
    'src/main.ts': `interface Env {
  GREETING: string
}

export default {
  fetch(request: Request, env: Env): Response {
    const who = new URL(request.url).searchParams.get('who') ?? 'world'
    return Response.json({ message: \`\${env.GREETING}, \${who}!\` })
  },
}
`,
  }
}
