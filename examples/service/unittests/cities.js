plan(2)
assertEquals('cities are there from the beginning', allCities().length, 3)
assertEquals('in order of name', allCities()[0].name, 'Berlin')
