"""The page of `esim web`: a bench on which one sees what cards, networks and servers say."""
