"""The way to the central service: MQTT 5 up and down, measurements as FHIR."""
