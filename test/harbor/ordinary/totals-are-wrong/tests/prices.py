import urllib.request

said = urllib.request.urlopen("http://localhost:8080/list.txt", timeout=10).read().decode()
assert "milk 2" in said, said
