"""What a year of Tepat costs: counts of this code x dated prices x stated assumptions.

Counts come from `infra/counts.json`, which the meter of the tests writes; prices from
`infra/prices.json`; everything that cannot be counted from `infra/profile.yaml`.
"""
