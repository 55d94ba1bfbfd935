module kubemend.dev/portal

go 1.26
