zimki.publishPath('/', () =>
  zimki.render.tal('welcome.html', {
    root: zimki.root,
    alias: zimki.alias || zimki.apikey,
    steps: [
      {
        title: 'Make a realm',
        text: 'A folder with a small program to start from. For TypeScript and npm packages add ',
        option: '--type module',
        command: 'npx zimki init hello',
      },
      {
        title: 'Put it live',
        text: 'It answers as soon as the command ends. Nothing goes live that does not load.',
        command: 'npx zimki deploy hello',
      },
      {
        title: 'Change it',
        text: 'Every change in the folder goes live at once, with the log in the same window.',
        command: 'npx zimki dev hello',
      },
      {
        title: 'See what it used',
        text: 'Every function is metered to the nanosecond of CPU, and the readings are signed.',
        command: 'npx zimki usage --realm hello',
      },
    ],
  }),
)
