"""The register of people and units: one number for life, one base record, one way to change it.

Every later line refers to a person by ``person_no`` and to a unit by ``unit_no``, asks ``selectors`` and ``units`` for
what they are called, and changes nothing here but through the register's own cases.

What it tells (``casework.events``), each with the case and these facts: person.registered (person_no), person.changed
(person_no, fields), person.life_changed (person_no, state, since or until), person.died (person_no, died_on),
person.revived (person_no), person.merged and person.unmerged (old_no, kept_no), unit.registered (unit_no), unit.changed
(unit_no, fields), unit.merged and unit.unmerged (old_no, kept_no), unit.deleted (unit_no).

What a line declares here: what it knows of a life (``lifeline.tells``), what stands against a merger
(``merge_conditions.merge_condition``), that it has to do with a unit (``unit_cases.refers``).
"""
