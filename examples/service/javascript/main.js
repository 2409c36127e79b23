// Services for other programs: XML or JSON over HTTP, described by themselves.

var STARTING_CITIES = [
  { name: 'London', country: 'GB', population: 8866000 },
  { name: 'Edinburgh', country: 'GB', population: 514990 },
  { name: 'Berlin', country: 'DE', population: 3685000 },
]

function allCities() {
  var stored = City.search({}, { order_by: 'name' })
  if (stored.length > 0) return stored
  for (var i = 0; i < STARTING_CITIES.length; i++) City.create(STARTING_CITIES[i])
  return City.search({}, { order_by: 'name' })
}

// The answer is poured into the shape of the example: "name" and "country" are attributes there, so they become attributes. The second,
// empty <city/> says that there may be many.
zimki.publishService(
  'example.cities.search',
  function (country, larger_than) {
    var found = []
    var cities = allCities()
    for (var i = 0; i < cities.length; i++) {
      if (country && cities[i].country !== country) continue
      if (larger_than && cities[i].population <= Number(larger_than)) continue
      found.push(cities[i])
    }
    return { total: found.length, city: found }
  },
  '<cities total="3"><city name="London" country="GB"><population>8866000</population></city><city/></cities>',
  {
    country: { optional: 1, doc: 'Only cities of this country, as two letters.' },
    larger_than: { optional: 1, doc: 'Only cities with more people than this.' },
  },
)

zimki.publishService(
  'example.cities.add',
  function (name, country, population) {
    if (!/^[A-Z]{2}$/.test(country)) throw new Error('country must be two capital letters')
    if (!(Number(population) > 0)) throw new Error('population must be a number above 0')
    allCities()
    var city = City.get({ name: name, country: country }) || City.create()
    city.name = String(name)
    city.country = country
    city.population = Number(population)
    city.save()
    return city
  },
  '<city id="7b4c" name="London" country="GB"><population>8866000</population></city>',
  { name: {}, country: {}, population: {} },
)

zimki.publishService(
  'example.text.count',
  function (text) {
    var words = text.split(/\s+/).filter(Boolean)
    return { characters: text.length, words: words.length, longest: words.sort(byLength)[0] || '' }
  },
  '<count characters="11" words="2"><longest>hello</longest></count>',
  { text: { doc: 'What to count.' } },
)

function byLength(a, b) {
  return b.length - a.length
}

zimki.publishPath('/', function () {
  var call = zimki.root + '/zimki?method='
  return (
    "<!DOCTYPE html><meta charset='utf-8'><title>Services</title>" +
    "<body style='font: 1rem/1.6 system-ui; max-width: 40rem; margin: 3rem auto'><h1>Services</h1><ul>" +
    "<li><a href='" +
    call +
    "example.cities.search'>example.cities.search</a>" +
    "<li><a href='" +
    call +
    "example.cities.search&country=GB&_type=json'>the same for one country, as JSON</a>" +
    "<li><a href='" +
    call +
    "example.text.count&text=hello%20world'>example.text.count</a>" +
    "<li><a href='" +
    call +
    "froody.reflection.getMethods'>froody.reflection.getMethods</a>" +
    '</ul>'
  )
})
