"""Customers: the people and companies who buy, and the keys that seal what we know of them.

Owns data subjects, their wrapped keys and blind index tokens, customers, companies, addresses.
Must hold: personal data is stored only as an envelope under its subject's key; a subject whose
operational key is gone is erased, everywhere and for good; tokens exist only for living subjects.
Never: personal data in clear in any column, event, log line, task argument or file name.
"""
