module kubemend.dev/images/pause

go 1.25
