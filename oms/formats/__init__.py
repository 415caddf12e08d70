"""How dates and times are written where no filter says so: as everywhere else in the pages."""
