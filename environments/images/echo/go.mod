module kubemend.dev/images/echo

go 1.25
