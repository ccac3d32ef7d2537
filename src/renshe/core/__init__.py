"""What every business line stands on: database, journal, organisations, cases, jobs."""
