module kubemend.dev/oci-runtime

go 1.25
