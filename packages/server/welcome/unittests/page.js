plan(1)
assert(
  'the page says what to do first',
  zimki.render
    .tal('welcome.html', { steps: [{ command: 'npx zimki init hello' }] })
    .includes('npx zimki init hello'),
)
