"""Pages that need a browser: Chromium by scrapy-playwright, its way out through the gate, and what it showed as records for the archive.

chromium  where it is, how it is started and restarted, what a request must carry
handler   Scrapy's download handler: one page a request, always closed, every wait bounded
watch     what happens on a page while it loads
page      waiting until it shows what people see, and taking that
evidence_grade    a page with a finding: whole picture, place of every word, every sub-resource, certificate chains
recorder          the sub-resources and logs of such a page
geometry          the place of every word in the picture
surroundings      the second fetch, the environment, the clock
evidence_records  all that as records
snapshot  the DOM with frames and shadow trees as one HTML text
records   what was taken, as records for the archive
"""
