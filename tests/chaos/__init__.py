"""A seeded run of faults against real processes, and an auditor that judges what came of it (`make chaos`)."""
